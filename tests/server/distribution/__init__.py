"""Tests of panah.distribution."""
