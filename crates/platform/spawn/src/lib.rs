//! How a compute service comes to life: the spawner trait and the process spawner.
