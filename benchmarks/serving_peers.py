"""The peers of serving, as a program: `serving_peers.py fastapi|bare PORT FOLDER`."""

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

TOP = 10
CONSTANT = json.dumps({"answers": list(range(TOP)), "scores": [0.5] * TOP}).encode()


class Request(BaseModel):
    instances: list[dict[str, Any]]


def fastapi_app(folder: Path) -> FastAPI:
    """The least that answers: the model, and the matrix of each question ready in memory."""
    booster = lightgbm.Booster(model_file=str(folder / "model.txt"))
    saved = np.load(folder / "matrices.npz")
    arrays = {name: saved[name] for name in saved.files}
    app = FastAPI()

    @app.get("/ready")
    def ready() -> dict[str, bool]:  # pyright: ignore[reportUnusedFunction]
        return {"ready": True}

    @app.post("/predict")
    async def predict(request: Request) -> dict[str, Any]:  # pyright: ignore[reportUnusedFunction]
        predictions: list[dict[str, Any]] = []
        for instance in request.instances:
            number = instance["number"]
            scores = booster.predict(arrays[f"m{number}"], num_threads=1, validate_features=False)
            best = np.argsort(-scores, kind="stable")[:TOP]
            predictions.append({"answers": arrays[f"c{number}"][best].tolist(), "scores": scores[best].tolist()})
        return {"predictions": predictions}

    return app


async def bare_app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Reads the request, answers a constant."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(CONSTANT)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": CONSTANT})


def main() -> None:
    kind, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    app = fastapi_app(folder) if kind == "fastapi" else bare_app
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
