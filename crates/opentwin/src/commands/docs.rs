//! Documentation that is made from the program itself: a test sees to it that what is published is current.

use std::fmt::Write as _;

use api::Code;

/// The page of exit codes, from the table of errors.
pub(crate) fn exit_codes() -> String {
    let mut out = String::from(
        "\
<!-- Made from the table of errors in `crates/api`; do not edit. -->
# Exit codes

Every program of the platform ends with one of these. `0` is a normal end. A failed command prints

```
error[<name>]: <what is wrong>
  what to do: <what helps>
```

on standard error. The same names stand in answers over the network and in the records of runs.

\"Again\" says whether the very same call may succeed later; supervisors restart a service that ended with such a
code and leave it alone after the others. A process that was killed by a signal ends with 128 and more, as the
shell shows it.

| exit code | name | again | gRPC | HTTP | what to do |
|---|---|---|---|---|---|
",
    );
    let mut rows: Vec<_> = Code::ALL.iter().map(|code| code.row()).collect();
    rows.sort_by_key(|row| row.exit);
    for row in rows {
        let again = if row.retryable { "yes" } else { "no" };
        let grpc = format!("{:?}", row.grpc);
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "| {} | `{}` | {again} | {grpc} | {} | {} |",
            row.exit, row.name, row.http, row.remedy
        );
    }
    out
}

/// The page of the project file, from what the services declare and a project of `examples/`.
pub(crate) fn project_format(kinds: &declare::Kinds, example: &str) -> String {
    let head = "<!-- Made from what the services declare and from an example; do not edit. -->\n";
    let start = format!(
        "This is a whole one, [dielectric-guide](../../examples/dielectric-guide/); \
         [all examples](../../examples/README.md) say what is expected of them. `opentwin apply FILE` makes it a project or \
         brings the project up to date, `opentwin apply FILE --dry-run` only says what is wrong and what would change.\n\n\
         ```yaml\n{example}```\n"
    );
    format!("{head}{}", declare::reference(kinds, &start))
}
