"""Serving, one request at a time: a ranking of about 200 candidates over loopback HTTP, one connection.

Ours: `steek serve`: decodes, splits the traffic, reads blocks of four views, builds the matrix, predicts, judges the
scores, writes the answer with its features to the prediction log, answers.
Peer: the same LightGBM model behind a minimal FastAPI application that finds the ready matrix in memory; no features
to read, no log, no fallback. Limit: a bare ASGI application on the same server that answers a constant.
"""

import measuring
import serving_world


def main() -> None:
    with measuring.work_folder() as folder, serving_world.contestants(folder) as found:
        measured = serving_world.measure(found, connections=1)
    print(f"{serving_world.REQUESTS} requests a round, 1 connection; median of {serving_world.ROUNDS} rounds")
    serving_world.say_all(measured)
    figure, peer = measured["steek"].p50_ms, measured["fastapi"].p50_ms
    measuring.Result(
        name="serving_latency",
        figure=figure,
        unit="ms p50, 1 connection",
        peer="the same model behind FastAPI, matrix in memory",
        peer_figure=peer,
        limit_figure=measured["bare"].p50_ms,
        goal="below 1 ms, everything included",
        met=figure < 1,
    ).end()


if __name__ == "__main__":
    main()
