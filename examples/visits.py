"""Gives every visitor a number of its own, and keeps the last one in a file. Not quite: see the README."""

import asyncio
import random
from pathlib import Path

LAST = Path("/var/tmp/visits")


async def answer(reader, writer):
    number = int(LAST.read_text()) + 1
    name = (await reader.readline()).decode().strip()
    LAST.write_text(str(number))
    writer.write(f"{name} is number {number}\n".encode())
    writer.close()


async def serve():
    if not LAST.exists():
        LAST.write_text("0")
    async with await asyncio.start_server(answer, port=8080) as server:
        await server.serve_forever()


async def visit(name):
    await asyncio.sleep(random.uniform(0, 10))
    reader, writer = await asyncio.open_connection("localhost", 8080)
    await asyncio.sleep(random.uniform(0, 0.05))  # Typing takes a moment.
    writer.write(f"{name}\n".encode())
    told = (await reader.readline()).decode().strip()
    writer.close()
    return told


async def main():
    server = asyncio.create_task(serve())
    await asyncio.sleep(0.1)
    told = await asyncio.gather(*(visit(name) for name in ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")))
    server.cancel()
    numbers = {line.split()[-1] for line in told}
    assert len(numbers) == len(told), f"two got the same number: {', '.join(told)}"
    print(*told, sep="\n")


if __name__ == "__main__":
    asyncio.run(main())
