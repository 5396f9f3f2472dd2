# SPDX-License-Identifier: Apache-2.0
#
#   awk -v title=NAME -v section=N -v summary=TEXT -v version=TEXT -f markdown.awk PAGE.md
#
# Makes a manual page of a page of docs/: its headings, paragraphs, lists, code, and tables of two or three
# columns. The same text written twice would not stay the same.

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text
}

# The marks inside of a line: `code`, [text](link), **strong**.
function inline(text,    out, m) {
    out = ""
    while (match(text, /`[^`]+`|\[[^]]+\]\([^)]*\)|\*\*[^*]+\*\*/)) {
        out = out escape(substr(text, 1, RSTART - 1))
        m = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (m ~ /^`/)
            out = out "\\fB" escape(substr(m, 2, length(m) - 2)) "\\fP"
        else if (m ~ /^\*/)
            out = out "\\fI" escape(substr(m, 3, length(m) - 4)) "\\fP"
        else {
            sub(/^\[/, "", m)
            sub(/\]\(.*/, "", m)
            out = out inline(m)
        }
    }
    return out escape(text)
}

# A line that is not a request.
function put(text) {
    if (text ~ /^[.']/)
        text = "\\&" text
    print text
}

# Cells of a table's row into cell[1..n]; a \| is no border.
function cells(line,    n, i) {
    gsub(/\\\|/, "\001", line)
    sub(/^\| */, "", line)
    sub(/ *\|[ \t]*$/, "", line)
    n = split(line, cell, / *\| */)
    for (i = 1; i <= n; i++)
        gsub(/\001/, "|", cell[i])
    return n
}

# What stands in the column between a name and its meaning.
function note(column, text) {
    return (text == "required" ? "" : column ": ") inline(text)
}

function table_row(line,    n, i) {
    n = cells(line)
    if (!in_table) {
        for (i = 1; i <= n; i++)
            head[i] = cell[i]
        in_table = 1
        return
    }
    if (line ~ /^\|[-| :]+$/)
        return
    print ".TP"
    put(inline(cell[1]) (n == 3 ? "  (" note(head[2], cell[2]) ")" : ""))
    put(inline(cell[n]))
}

function end_table() {
    if (in_table)
        print ".PP"
    in_table = 0
}

BEGIN {
    printf ".TH \"%s\" %s \"\" \"levada %s\" \"levada\"\n.nh\n.ad l\n.SH NAME\n%s \\- %s\n", toupper(escape(title)), section,
        version, escape(title), summary
    print ".SH DESCRIPTION"
}

/^<!--/ { next }
/^```/ {
    end_table()
    in_code = !in_code
    print in_code ? ".PP\n.RS 4\n.nf" : ".fi\n.RE\n.PP"
    next
}
in_code { put(escape($0)); next }
/^# / { next } # the page's own title
/^### / { end_table(); print ".SS " inline(substr($0, 5)); next }
/^## / { end_table(); print ".SH \"" toupper(inline(substr($0, 4))) "\""; next }
/^\|/ { table_row($0); next }
/^- / { end_table(); print ".IP \\(bu 2"; put(inline(substr($0, 3))); next }
/^$/ { end_table(); print ".PP"; next }
{ end_table(); sub(/^ +/, ""); put(inline($0)) }

END {
    print ".SH SEE ALSO\n.BR levada (1),\n.BR levada.conf (5),\n.BR levada\\-plugin (7)"
}
