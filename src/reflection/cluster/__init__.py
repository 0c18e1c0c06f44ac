"""Learning on several processes or machines, by Dask: partitions of one workspace, and workspaces as tasks."""
