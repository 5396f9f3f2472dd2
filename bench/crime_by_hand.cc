// SPDX-License-Identifier: Apache-2.0
//
// The job of pipelines/crime_file.conf written by hand, as tight as we could: what levada's stages
// are measured against in bench/run. One file, one thread, no plugins, no general fields, one
// schema.
//
//   bench_crime_by_hand CALLS.json RADIO_CODE.json    windows x type x disposition, joined, as CSV
//   bench_crime_by_hand --count-by-type CALLS.json    calls by type, as CSV
//
// It trusts its input no more than levada does: every record is checked against the whole JSON
// grammar. What makes it fast:
// - simdjson's first stage runs once over a whole chunk of some 450 records, cut behind the chunk's
// last
//   '}', so that no splitter has to look at each byte first;
// - one walk over that structural index checks the grammar and finds the three fields by the length
// of
//   their names, before any name is compared;
// - an hour is parsed once: of a neighbour's time only minutes and seconds are checked;
// - one small table per window, eight bytes a group; ranks instead of strings are sorted, by radix.

#include <simdjson.h>

#include "crime_counts.h"

#include <fcntl.h>

using namespace by_hand;

namespace
{

// Reads one JSON array of calls in chunks; only the unfinished record at a chunk's end is copied.
class Reader
{
    static constexpr size_t CAPACITY = MAX_RECORD + CHUNK;

    int fd;
    std::unique_ptr<char[]> buffer{ new char[CAPACITY + simdjson::SIMDJSON_PADDING] };
    size_t used = 0;
    std::unique_ptr<simdjson::internal::dom_parser_implementation> indexer;
    Walker walker;
    bool in_array = false;
    uint64_t records = 0;

    // Behind the last whole record in the buffer, byte by byte; 0: there is none.
    size_t scan_for_record_end() const
    {
        size_t found = 0;
        unsigned depth = in_array ? 1 : 0;
        bool in_string = false;
        for (size_t i = 0; i < used; i++) {
            char c = buffer[i];
            if (in_string) {
                i += c == '\\';
                in_string = c != '"';
            } else if (c == '"') {
                in_string = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']') && --depth == 1) {
                found = i + 1;
            }
        }
        return found;
    }

    simdjson::error_code make_index(size_t n)
    {
        auto *text = reinterpret_cast<const uint8_t *>(&buffer[0]);
        return indexer->stage1(text, n, simdjson::stage1_mode::regular);
    }

    // Indexes the buffer up to its last '}', and returns where that is; 0: not before more is read.
    size_t index_records()
    {
        const void *brace = memrchr(&buffer[0], '}', used);
        if (brace == nullptr)
            return 0;
        size_t n = static_cast<size_t>(static_cast<const char *>(brace) - &buffer[0]) + 1;
        simdjson::error_code error = make_index(n);
        if (error == simdjson::UNCLOSED_STRING) { // that brace was inside a string
            n = scan_for_record_end();
            error = n == 0 ? simdjson::SUCCESS : make_index(n);
        }
        if (error != simdjson::SUCCESS)
            die(BAD_DATA, "behind record %ju: %s", uintmax_t{ records },
                simdjson::error_message(error));
        return n;
    }

    // Counts the indexed records; returns how many bytes are done with. A record that fails may
    // only be cut off, so it stays, and is tried again with more input.
    template <bool ESCAPES, class Job> size_t count_records(Job &job)
    {
        size_t done = 0;
        if (!in_array) {
            if (!walker.skip('['))
                die(BAD_DATA, "the input is no JSON array");
            in_array = true;
            done = walker.behind();
        }
        while (!walker.at_end()) {
            Call call;
            if ((records > 0 && !walker.skip(',')) || !walker.object<ESCAPES>(&call))
                break;
            job.count(call, records++);
            done = walker.behind();
        }
        return done;
    }

    void expect_end() const
    {
        std::string_view rest(&buffer[0], used);
        std::string kept;
        for (char c : rest)
            if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
                kept += c;
        if (kept != (in_array ? "]" : "[]"))
            die(BAD_DATA, "record %ju: no valid JSON, or the array is not closed",
                uintmax_t{ records });
    }

  public:
    explicit Reader(const char *path) : fd(open(path, O_RDONLY | O_CLOEXEC))
    {
        if (fd < 0)
            die(NO_INPUT, "cannot open %s: %m", path);
        if (simdjson::get_active_implementation()->create_dom_parser_implementation(
                CAPACITY, MAX_DEPTH, indexer) != simdjson::SUCCESS)
            die(IO_ERROR, "out of memory");
    }

    template <class Job> void run(Job &job)
    {
        for (;;) {
            if (used > MAX_RECORD)
                die(BAD_DATA, "record %ju: no valid JSON, or above 1 MiB", uintmax_t{ records });
            ssize_t got = read(fd, &buffer[used], CHUNK);
            if (got < 0)
                die(IO_ERROR, "cannot read: %m");
            if (got == 0)
                break;
            used += static_cast<size_t>(got);
            size_t n = index_records();
            if (n == 0)
                continue;
            char behind = buffer[n];
            buffer[n] = '\0';
            walker.begin(&buffer[0], indexer->structural_indexes.get(),
                         indexer->n_structural_indexes);
            bool escapes = memchr(&buffer[0], '\\', n) != nullptr;
            size_t done = escapes ? count_records<true>(job) : count_records<false>(job);
            buffer[n] = behind;
            used -= done;
            memmove(&buffer[0], &buffer[done], used);
        }
        expect_end();
    }
};

template <class Job>
void
run(const char *path, Job &&job)
{
    Reader(path).run(job);
    job.print();
}

} // namespace

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: bench_crime_by_hand CALLS.json RADIO_CODE.json\n"
              "       bench_crime_by_hand --count-by-type CALLS.json\n",
              stderr);
        return 64;
    }
    if (strcmp(argv[1], "--count-by-type") == 0)
        run(argv[2], CountByType());
    else
        run(argv[1], CountByWindow(argv[2]));
    return 0;
}
