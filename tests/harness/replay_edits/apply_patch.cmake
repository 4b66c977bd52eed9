# Writes EDITED: SOURCE with PATCH applied by PROGRAM. Without a guess: all lines of context must be
# there.
file(REMOVE ${EDITED})
execute_process(
  COMMAND ${PROGRAM} --batch --fuzz=0 --reject-file=- --output=${EDITED} ${SOURCE} ${PATCH}
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  file(REMOVE ${EDITED})
  message(FATAL_ERROR "${PATCH} no longer applies to ${NAME} (${result}). Make the same edit in "
    "the file as it is now, and write it with: diff -U2 ${NAME} EDITED > ${PATCH}\n${output}")
endif()
