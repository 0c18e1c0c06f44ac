"""What to do next: cards with odds and money, their ranking, and the life of a recommendation.

Must not know SQL or HTTP.
"""
