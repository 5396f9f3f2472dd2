# SPDX-License-Identifier: Apache-2.0
# Pipelines that run together: what names one of them names no other, and no two sinks write one file.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

# write_pipeline NAME PATH: copies in.json to PATH.
write_pipeline() {
    cat >"$1.conf" <<EOP
pipeline: {
  name = "$1";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "out"; plugin = "file_sink"; path = "$2"; overwrite = true; }
  );
};
EOP
}

echo '{"a":1}' >in.json
echo '{"b":2}' >other.json
mkdir real
ln -s real link

# --set without a pipeline's name is for one pipeline.
write_pipeline first 1.json
write_pipeline second 2.json
for setting in in.path=other.json pipeline.trigger=continuous; do
    levada run first.conf second.conf --set "$setting"
    expect_exit 64
    expect_err "\"${setting%%=*}\" may mean each of the pipelines \"first\", \"second\""
    [ ! -e 1.json ] && [ ! -e 2.json ] || fail "something was written"
done
levada run first.conf second.conf --set second/in.path=other.json
expect_exit 0
expect_same in.json 1.json
expect_same other.json 2.json
levada run second.conf --set in.path=in.json
expect_exit 0
expect_same in.json 2.json

# One file for two pipelines, by way of a link too.
write_pipeline first real/same.json
write_pipeline second link/same.json
levada check first.conf second.conf
expect_exit 78
expect_err "second.conf:5:"
expect_err "real/same.json is written by the sink \"out\" of pipeline \"first\" already"
levada run first.conf second.conf
expect_exit 78
[ ! -e real/same.json ] || fail "something was written"
levada check second.conf
expect_exit 0

# One file for two sinks of a pipeline.
cat >twice.conf <<'EOP'
pipeline: {
  name = "twice";
  stages = (
    { name = "in"; plugin = "json_file_source"; path = "in.json"; },
    { name = "a"; plugin = "file_sink"; path = "out.json"; },
    { name = "b"; plugin = "file_sink"; from = "in"; path = "./out.json"; }
  );
};
EOP
levada check twice.conf
expect_exit 78
expect_err "twice.conf:6:"
expect_err "out.json is written by the sink \"a\" of pipeline \"twice\" already"
