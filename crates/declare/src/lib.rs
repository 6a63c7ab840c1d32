//! Declarative projects: one YAML format, its schema, its errors with line and column.
