# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of bench/, which keep their files in $work: a table of figures, each beside a
# baseline that was measured in the same run.

# add WHAT UNIT BASELINE BASELINE_FIGURE LEVADA_FIGURE LIMIT: a row of the table. LIMIT is a ratio
# ("x1.2": at most; ">0.85": at least), a figure in UNIT, or "-": none.
add() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$work/results"
}

# figure NAME COLUMN: of what bench_measure said last. 2 is the median wall, 4 the median CPU, 5 the peak.
figure() {
    awk -F '\t' -v name="$1" -v column="$2" '$1 == name { print $column }' "$work/times"
}

# Fails if a figure misses its limit.
print_table() {
    awk -F '\t' '
        BEGIN {
            form = "%-20s %-15s %-13s %9s %9s %7s  %s\n"
            printf form, "job", "measure", "baseline", "baseline", "levada", "ratio", "limit"
        }
        {
            ratio = $5 / $4
            allowed = $6 ~ /^[x>]/ ? substr($6, 2) * $4 : $6
            missed = $6 == "-" ? 0 : $6 ~ /^>/ ? $5 < allowed : $5 > allowed
            failed += missed
            printf form, $1, $2, $3, $4, $5, sprintf("%.2f", ratio), $6 (missed ? "  MISSED" : "")
        }
        END { exit failed > 0 }' "$work/results"
}
