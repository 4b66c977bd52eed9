# A scenario on the wall clock: apart from the campaign, which it does not need.
raceproof_library(raceproof_wall
  SOURCES wall.cpp wall_draw.cpp wall_recorder.cpp
  LINKS raceproof_scenario raceproof_trace raceproof_gateway raceproof_fakes_redis
    raceproof_fakes_client)
