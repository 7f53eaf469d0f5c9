"""The control API: `/v1`, OpenAPI 3.1, problem+json; everything that CLI and console can do.

Flows in: HTTP requests. Flows out: records of the platform as JSON, and an RFC 9457 problem for every error.
"""

from steek.http.app import build_api
from steek.http.server import run_app

__all__ = ["build_api", "run_app"]
