"""The structured truth in one SQL database, and the projections that are published from it.

`reflection.store.database.open.open_database` gives a migrated `Database`; `reflection.store.campaigns.SqlStore`
implements the `Store` protocol over it; `reflection.store.projections.publisher.OutboxPublisher` publishes what a
transaction committed. Must not know how anything is compared, learnt or phrased.
"""
