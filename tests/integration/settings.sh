# SPDX-License-Identifier: Apache-2.0
# levada.conf: plugin folders, and what pipelines may set.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

cat >kafka.conf <<'EOT'
pipeline: {
  name = "p";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "out"; plugin = "kafka_sink"; brokers = "localhost:1"; topic = "t";
      kafka = { linger_ms = 5; client_id = "levada"; }; }
  );
};
EOT
echo '{}' >in.json

# Without settings every property that the stage accepts may be set.
levada check kafka.conf
expect_exit 0

cat >levada.conf <<'EOT'
allow = { kafka_sink = { kafka = [ "client_*" ]; }; };
EOT
levada check --settings levada.conf kafka.conf
expect_exit 78
expect_err 'kafka.conf:6:17: error: stage "out": "kafka.linger_ms" may not be set here: levada.conf:1 lists'
levada run --settings levada.conf kafka.conf
expect_exit 78

echo 'allow = { kafka_sink = { kafka = [ "client_id", "linger_ms" ]; }; };' >levada.conf
levada check --settings levada.conf kafka.conf
expect_exit 0

# Mistakes in levada.conf itself, also for verbs that read no pipeline file.
echo 'alow = { };' >levada.conf
for verb in "check kafka.conf" "run kafka.conf" "plugin list" "plugin info filter"; do
    # shellcheck disable=SC2086 # a verb and its operand
    levada $verb --settings levada.conf
    expect_exit 78
    expect_err 'levada.conf:1:1: error: "alow" is no setting of levada'
    expect_err 'did you mean "allow"?'
done
levada check --settings nowhere.conf kafka.conf
expect_exit 66

# Folders of plugins: another place for one that the build has; the same file twice is one plugin.
mkdir plugins
cp "$(dirname "$LEVADA")/plugins/filter.so" plugins/
echo 'plugin_dirs = [ "plugins" ];' >levada.conf
levada plugin list --settings levada.conf
expect_err 'two files offer a stage "filter"'
ln -sf "$(dirname "$LEVADA")/plugins/filter.so" plugins/filter.so
levada plugin list --settings levada.conf
expect_exit 0
expect_no_err
