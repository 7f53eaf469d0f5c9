"""Serving under load: the same rankings over eight connections at once, one serving process.

What each side does more or less is told in `serving_latency`.
"""

import measuring
import serving_world


def main() -> None:
    with measuring.work_folder() as folder, serving_world.contestants(folder) as found:
        measured = serving_world.measure(found, connections=8)
    print(f"{serving_world.REQUESTS} requests a round, 8 connections; median of {serving_world.ROUNDS} rounds")
    serving_world.say_all(measured)
    figure, peer = measured["steek"].per_s, measured["fastapi"].per_s
    measuring.Result(
        name="serving_throughput",
        figure=figure,
        unit="requests/s, 8 connections, one process",
        peer="the same model behind FastAPI, matrix in memory",
        peer_figure=peer,
        limit_figure=measured["bare"].per_s,
        goal="at least 1,000 requests/s",
        met=figure >= 1000,
    ).end()


if __name__ == "__main__":
    main()
