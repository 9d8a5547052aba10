from . import outlook as outlook
from .backtests import (
    diebold_mariano,
)
from .models import (
    MODELS,
    Trend,
    fit_trend,
)

__all__ = [
    "MODELS",
    "Trend",
    "diebold_mariano",
    "fit_trend",
    "outlook",
]
