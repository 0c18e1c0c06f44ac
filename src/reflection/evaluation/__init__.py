"""Were we right: the track record of forecasts and advice, hindsight, and a backtest over a history.

Must not know stores or pages.
"""
