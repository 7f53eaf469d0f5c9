"""`python -m replay`: build the example store from real data and replay its nights."""

import argparse
from pathlib import Path

from replay.nights import Replay
from replay.plan import Plan

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="replay", description="Replays the example store on real data.")
    parser.add_argument("--nights", type=int, default=28, help="how many nights (28)")
    parser.add_argument("--history-days", type=int, default=122, help="days of data before the first night (122)")
    parser.add_argument("--households", type=float, default=1.0, help="share of the households, for short runs (1.0)")
    parser.add_argument("--partners", type=int, help="how many of the largest partners, for short runs (all)")
    parser.add_argument("--key-change-night", type=int, default=15, help="night with the new manufacturer keys (15)")
    parser.add_argument("--data", type=Path, default=HERE / ".steek", help="folder for everything that is written")
    parser.add_argument("--port", type=int, default=8321, help="port of the console; serving takes the next one")
    parser.add_argument(
        "--no-serve", action="store_true", help="end after the last night instead of serving the console"
    )
    options = parser.parse_args()
    plan = Plan(
        nights=options.nights,
        history_days=options.history_days,
        household_share=options.households,
        partners=options.partners,
        key_change_night=options.key_change_night,
    )
    Replay(plan, project=HERE, data=options.data, port=options.port).run(keep_serving=not options.no_serve)


if __name__ == "__main__":
    main()
