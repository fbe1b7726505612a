"""Soundstage: a deterministic simulator for asyncio programs."""
