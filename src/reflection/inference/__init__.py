"""From the set of evidence to what is known: effects, findings, weights, the next test.

A pure function of the set of campaigns; `learn` is its one entrance. Must not know stores, files, words or requests.
"""
