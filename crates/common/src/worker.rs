//! Native code in killable child processes (see the module's own files).
