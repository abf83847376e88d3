"""Inversion functions, freezing and heads, the algebra behind them, and what absent features say."""
