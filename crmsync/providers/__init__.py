"""Adapters to data providers: they translate a question and its answer, and decide nothing."""
