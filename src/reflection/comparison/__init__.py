"""One campaign: its forecast against what happened, and the drivers of the difference (LMDI).

Must not know other campaigns, signals or stores.
"""
