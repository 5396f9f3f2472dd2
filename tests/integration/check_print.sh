# SPDX-License-Identifier: Apache-2.0
# The effective configuration is a pipeline file again, and its own effective configuration.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

cat >odd.conf <<'EOF'
pipeline: {
  name = "odd";
  trigger = "5 s";
  checkpoint = "a \"folder\\";
  instance = "an \"instance\\";
  errors = { tolerance = "all"; dead_letter = "letters"; };
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "\"calls\\.json"; fields = [ "k", "$['a \"b'].c" ]; },
    { name = "set"; plugin = "fields"; constant = { site = "\"\\\n\t"; }; },
    { name = "count"; plugin = "crime_aggregate"; group_by = [ "k", "site" ]; order_by = [ "count desc" ]; },
    { name = "out"; plugin = "console_sink"; format = "json"; },
    { name = "letters"; plugin = "fields"; from = []; drop = [ "value" ]; },
    { name = "lost"; plugin = "console_sink"; from = [ "letters", "count.late" ]; format = "raw"; }
  );
};
EOF

for file in odd.conf "$pipelines"/crime_file.conf "$pipelines"/count_by_type.conf; do
    levada check --print "$file"
    expect_exit 0
    mv out printed.conf
    levada check --print printed.conf
    expect_exit 0
    ! grep -v ': warning: stage "calls": option "path": ' err || fail "not only the missing input is told"
    expect_same printed.conf out
done
