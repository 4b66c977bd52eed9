#!/usr/bin/python3
"""A WebSocket client that nobody here wrote (python3-websockets), against a listening gateway.

Connects as an ordinary client of a cold-starting service would: tries again while the connection is
refused or answered with 503, then sends one chat message and waits for its answer or for the close.
Prints one line of JSON: {"outcome": "completed"|"closed"|"refused", "code": ..., "reason": ...,
"frames": [types], "attempts": n}.
"""

import argparse
import asyncio
import json
import time

import websockets


async def session(socket):
    frames = []
    try:
        while True:
            frame = json.loads(await asyncio.wait_for(socket.recv(), 5))
            frames.append(frame.get("type"))
            if frames[-1] == "session_established":
                await socket.send(json.dumps({"type": "chat", "text": "hello"}))
            if frames[-1] == "agent_completed":
                await socket.close()
                code = socket.close_code
                return {"outcome": "completed", "code": code, "reason": "", "frames": frames}
    except websockets.exceptions.ConnectionClosed as closed:
        return {
            "outcome": "closed",
            "code": closed.rcvd.code if closed.rcvd else 1006,
            "reason": closed.rcvd.reason if closed.rcvd else "",
            "frames": frames,
        }


async def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("url")
    options.add_argument("--every", type=float, default=0.05, help="seconds between attempts")
    options.add_argument("--give-up", type=float, default=5, help="seconds")
    options = options.parse_args()

    deadline = time.monotonic() + options.give_up
    attempts = 0
    while True:
        attempts += 1
        try:
            async with websockets.connect(options.url, compression=None) as socket:
                result = await session(socket)
                break
        except websockets.exceptions.InvalidStatusCode as refused:
            result = {"outcome": "refused", "code": refused.status_code, "reason": "", "frames": []}
            if refused.status_code != 503 or time.monotonic() > deadline:
                break
        except ConnectionRefusedError:
            result = {"outcome": "refused", "code": 0, "reason": "connection refused", "frames": []}
            if time.monotonic() > deadline:
                break
        await asyncio.sleep(options.every)
    print(json.dumps({**result, "attempts": attempts}))


asyncio.run(main())
