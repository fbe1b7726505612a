"""Sweeps, measured: seeds a second."""
