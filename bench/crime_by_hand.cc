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

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace
{

constexpr size_t CHUNK = 256 * 1024;
constexpr size_t MAX_RECORD = 1024 * 1024;
constexpr unsigned MAX_DEPTH = 64;

enum {
    BAD_DATA = 65,
    NO_INPUT = 66,
    IO_ERROR = 74
};

[[noreturn]] __attribute__((format(printf, 2, 3))) void
die(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench_crime_by_hand: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(code);
}

uint64_t
load64(const void *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

uint32_t
load32(const void *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

// ---- output
// --------------------------------------------------------------------------------------

class Output
{
    static constexpr size_t SIZE = 64 * 1024;
    std::unique_ptr<char[]> buffer{ new char[SIZE] };
    size_t used = 0;

  public:
    void add(std::string_view text)
    {
        if (text.size() > SIZE - used) {
            flush();
            if (text.size() > SIZE)
                die(BAD_DATA, "a field of %zu bytes is too long", text.size());
        }
        memcpy(&buffer[used], text.data(), text.size());
        used += text.size();
    }

    void add_count(uint64_t value)
    {
        char digits[20];
        char *start = digits + sizeof(digits);
        do {
            *--start = static_cast<char>('0' + value % 10);
            value /= 10;
        } while (value != 0);
        add({ start, static_cast<size_t>(digits + sizeof(digits) - start) });
    }

    void flush()
    {
        for (size_t done = 0; done < used;) {
            ssize_t n = write(STDOUT_FILENO, &buffer[done], used - done);
            if (n < 0)
                die(IO_ERROR, "cannot write: %m");
            done += static_cast<size_t>(n);
        }
        used = 0;
    }
};

std::string
csv_field(std::string_view text)
{
    if (text.find_first_of("\",\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (char c : text)
        quoted.append(c == '"' ? 2 : 1, c);
    return quoted += '"';
}

// ---- interned strings
// ----------------------------------------------------------------------------

// Equal strings, equal ids, counted from 0. Strings passed to id() may be read 16 bytes past their
// end.
class Dictionary
{
    struct Slot {
        uint32_t tag;
        uint32_t id_plus_1; // 0: free
    };
    std::vector<Slot> slots = std::vector<Slot>(256);
    std::vector<std::string_view> strings;
    std::vector<std::unique_ptr<char[]>> blocks;
    size_t block_left = 0;
    char *block_next = nullptr;

    static uint64_t mix(uint64_t a, uint64_t b)
    {
        __uint128_t product = static_cast<__uint128_t>(a) * b;
        return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
    }

    // The first @n bytes at @from, n <= 8, the rest as zeros.
    static uint64_t load_part(const char *from, size_t n)
    {
        return n == 0 ? 0 : load64(from) & (UINT64_MAX >> (64 - 8 * n));
    }

    static uint64_t hash(const char *text, size_t n)
    {
        uint64_t h = n * 0x9e3779b97f4a7c15u;
        for (; n > 8; n -= 8, text += 8)
            h = mix(h ^ load64(text), 0xd6e8feb86659fd93u);
        return mix(h ^ load_part(text, n), 0xa0761d6478bd642fu);
    }

    // @a may be read past its end, @b lies in a block, which has room for that too.
    static bool equal(const char *a, const char *b, size_t n)
    {
        for (; n > 8; n -= 8, a += 8, b += 8)
            if (load64(a) != load64(b))
                return false;
        return load_part(a, n) == load_part(b, n);
    }

    std::string_view keep(std::string_view text)
    {
        size_t need = text.size() + 8;
        if (need > block_left) {
            block_left = std::max<size_t>(need, 16 * 1024);
            blocks.emplace_back(new char[block_left]());
            block_next = blocks.back().get();
        }
        memcpy(block_next, text.data(), text.size());
        std::string_view kept(block_next, text.size());
        block_next += text.size();
        block_left -= text.size();
        return kept;
    }

    void grow()
    {
        slots.assign(slots.size() * 2, Slot{});
        for (uint32_t id = 0; id < strings.size(); id++) {
            uint64_t h = hash(strings[id].data(), strings[id].size());
            size_t i = h & (slots.size() - 1);
            while (slots[i].id_plus_1 != 0)
                i = (i + 1) & (slots.size() - 1);
            slots[i] = { static_cast<uint32_t>(h >> 32), id + 1 };
        }
    }

  public:
    uint32_t id(std::string_view text)
    {
        uint64_t h = hash(text.data(), text.size());
        uint32_t tag = static_cast<uint32_t>(h >> 32);
        size_t i = h & (slots.size() - 1);
        for (; slots[i].id_plus_1 != 0; i = (i + 1) & (slots.size() - 1)) {
            if (slots[i].tag != tag)
                continue;
            std::string_view known = strings[slots[i].id_plus_1 - 1];
            if (known.size() == text.size() && equal(text.data(), known.data(), text.size()))
                return slots[i].id_plus_1 - 1;
        }
        strings.push_back(keep(text));
        uint32_t id = static_cast<uint32_t>(strings.size() - 1);
        slots[i] = { tag, id + 1 };
        if (strings.size() * 2 > slots.size())
            grow();
        return id;
    }

    size_t size() const
    {
        return strings.size();
    }

    std::string_view operator[](size_t id) const
    {
        return strings[id];
    }

    // Ids in the order of their strings' bytes.
    std::vector<uint32_t> sorted() const
    {
        std::vector<uint32_t> order(strings.size());
        for (uint32_t id = 0; id < order.size(); id++)
            order[id] = id;
        std::sort(order.begin(), order.end(),
                  [this](uint32_t a, uint32_t b) { return strings[a] < strings[b]; });
        return order;
    }
};

// The inverse of an order: rank[order[i]] == i.
std::vector<uint32_t>
ranks(const std::vector<uint32_t> &order)
{
    std::vector<uint32_t> rank(order.size());
    for (uint32_t i = 0; i < order.size(); i++)
        rank[order[i]] = i;
    return rank;
}

// ---- event time
// ----------------------------------------------------------------------------------

bool
two_digits(const char *text, int max, int *value)
{
    unsigned tens = static_cast<unsigned>(text[0] - '0');
    unsigned ones = static_cast<unsigned>(text[1] - '0');
    *value = static_cast<int>(tens * 10 + ones);
    return tens < 10 && ones < 10 && *value <= max;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar.
int64_t
days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int
days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

// The hour since the epoch of YYYY-MM-DDTHH:MM:SS, with or without a fraction or a Z.
bool
parse_hour(std::string_view text, int64_t *hour)
{
    int century, year, month, day, hours, minutes, seconds;
    const char *t = text.data();
    if (text.size() < 19 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' ||
        t[16] != ':')
        return false;
    if (!two_digits(t, 99, &century) || !two_digits(t + 2, 99, &year) ||
        !two_digits(t + 5, 12, &month) || !two_digits(t + 8, 31, &day) ||
        !two_digits(t + 11, 23, &hours) || !two_digits(t + 14, 59, &minutes) ||
        !two_digits(t + 17, 59, &seconds))
        return false;
    year += century * 100;
    if (month == 0 || day == 0 || day > days_in_month(year, month))
        return false;
    text.remove_prefix(19);
    if (!text.empty() && text.back() == 'Z')
        text.remove_suffix(1);
    if (!text.empty() && (text[0] != '.' || text.size() < 2 ||
                          text.find_first_not_of("0123456789", 1) != std::string_view::npos))
        return false;
    *hour = days_of(year, month, day) * 24 + hours;
    return true;
}

// Remembers the hour of the last time: records come in about their order.
class HourMemo
{
    uint64_t head = 0; // "2018-12-"
    uint64_t tail = 0; // "12-31T23", overlapping
    int64_t hour = 0;

    // ":MM:SS.d" at 13 and ".ddd" at 19: digits where digits belong, minutes and seconds below 60.
    static bool is_rest(const char *t)
    {
        uint64_t a = load64(t + 13);
        uint32_t b = load32(t + 19);
        uint64_t shape = (a & 0xf0fff0f0fff0f0ffu) ^ 0x302e30303a30303au;
        uint64_t above = ((a & 0x0f000f0f000f0f00u) + 0x0600060a00060a00u) & 0x1000101000101000u;
        uint32_t shape_b = (b & 0xf0f0f0ffu) ^ 0x3030302eu;
        uint32_t above_b = ((b & 0x0f0f0000u) + 0x06060000u) & 0x10100000u;
        return (shape | above | shape_b | above_b) == 0;
    }

  public:
    bool find(std::string_view text, int64_t *out)
    {
        const char *t = text.data();
        if (text.size() == 23 && load64(t) == head && load64(t + 5) == tail && is_rest(t)) {
            *out = hour;
            return true;
        }
        if (!parse_hour(text, &hour))
            return false;
        head = load64(t);
        tail = load64(t + 5);
        *out = hour;
        return true;
    }
};

// ---- the counts
// ----------------------------------------------------------------------------------

// A group is a type and a disposition in one word: 2^22 types and 2^10 dispositions are enough
// here.
constexpr unsigned DISPOSITION_BITS = 10;
constexpr unsigned TYPE_BITS = 22;

struct Group {
    uint32_t key; // 0: free
    uint32_t count;
};

uint32_t
group_key(uint32_t type, uint32_t disposition)
{
    return ((type << DISPOSITION_BITS) | disposition) + 1;
}

uint32_t
type_of(uint32_t key)
{
    return (key - 1) >> DISPOSITION_BITS;
}

uint32_t
disposition_of(uint32_t key)
{
    return (key - 1) & ((1u << DISPOSITION_BITS) - 1);
}

// The groups of one window.
struct Window {
    int64_t hour;
    uint32_t used = 0;
    uint32_t mask = 63;
    std::unique_ptr<Group[]> groups{ new Group[64]() };

    static size_t place(uint32_t key)
    {
        return (key * 0x9e3779b1u) >> 16;
    }

    void grow()
    {
        uint32_t larger = mask * 2 + 1;
        std::unique_ptr<Group[]> moved{ new Group[larger + 1]() };
        for (uint32_t i = 0; i <= mask; i++) {
            if (groups[i].key == 0)
                continue;
            size_t at = place(groups[i].key) & larger;
            while (moved[at].key != 0)
                at = (at + 1) & larger;
            moved[at] = groups[i];
        }
        groups = std::move(moved);
        mask = larger;
    }

    void count(uint32_t key)
    {
        size_t at = place(key) & mask;
        while (groups[at].key != key) {
            if (groups[at].key == 0) {
                groups[at].key = key;
                groups[at].count = 1;
                if (++used * 4 > mask * 3)
                    grow();
                return;
            }
            at = (at + 1) & mask;
        }
        groups[at].count++;
    }

    template <class Visit> void each(Visit visit) const
    {
        for (uint32_t i = 0; i <= mask; i++)
            if (groups[i].key != 0)
                visit(groups[i]);
    }
};

class Windows
{
    std::vector<Window> windows;
    std::vector<uint32_t> slots = std::vector<uint32_t>(1024); // index + 1; 0: free
    size_t last = 0;

    static size_t place(int64_t hour)
    {
        return (static_cast<uint64_t>(hour) * 0x9e3779b97f4a7c15u) >> 32;
    }

    void insert(int64_t hour, size_t index)
    {
        size_t at = place(hour) & (slots.size() - 1);
        while (slots[at] != 0)
            at = (at + 1) & (slots.size() - 1);
        slots[at] = static_cast<uint32_t>(index + 1);
    }

    size_t find(int64_t hour)
    {
        for (size_t at = place(hour) & (slots.size() - 1); slots[at] != 0;
             at = (at + 1) & (slots.size() - 1))
            if (windows[slots[at] - 1].hour == hour)
                return slots[at] - 1;
        windows.emplace_back();
        windows.back().hour = hour;
        insert(hour, windows.size() - 1);
        if (windows.size() * 2 > slots.size()) {
            slots.assign(slots.size() * 2, 0);
            for (size_t i = 0; i < windows.size(); i++)
                insert(windows[i].hour, i);
        }
        return windows.size() - 1;
    }

  public:
    void count(int64_t hour, uint32_t key)
    {
        if (windows.empty() || windows[last].hour != hour)
            last = find(hour);
        windows[last].count(key);
    }

    // Oldest first. Ends the counting.
    const std::vector<Window> &sorted()
    {
        std::sort(windows.begin(), windows.end(),
                  [](const Window &a, const Window &b) { return a.hour < b.hour; });
        return windows;
    }
};

// ---- one record
// ----------------------------------------------------------------------------------

enum {
    TYPE,
    DISPOSITION,
    TIME,
    N_FIELDS
};

constexpr std::string_view FIELD_NAMES[N_FIELDS] = { "original_crime_type_name", "disposition",
                                                     "call_date_time" };

struct Call {
    std::string_view field[N_FIELDS];
};

// Checks JSON text through simdjson's structural index: where each string, number, word and each of
// {}[]:, starts. What the index itself proves: UTF-8, closed strings, no control characters in
// them.
class Walker
{
    const char *text;
    const uint32_t *index;
    const uint32_t *end;
    std::string scratch[4]; // unescaped: type, disposition, time, anything else

    static bool is_space(char c)
    {
        return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    }

    // The string that starts at @start; @after: the next structural character, only space is
    // between.
    std::string_view string_at(uint32_t start, uint32_t after) const
    {
        const char *close = text + after - 1;
        while (*close != '"')
            close--;
        return { text + start + 1, static_cast<size_t>(close - text) - start - 1 };
    }

    static bool hex4(const char *from, const char *limit, unsigned *value)
    {
        *value = 0;
        if (limit - from < 4)
            return false;
        for (int i = 0; i < 4; i++) {
            char c = from[i];
            unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                    : 16;
            if (digit == 16)
                return false;
            *value = *value * 16 + digit;
        }
        return true;
    }

    static void append_utf8(std::string *out, unsigned code)
    {
        if (code < 0x80) {
            *out += static_cast<char>(code);
            return;
        }
        int continuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const unsigned lead[] = { 0, 0xc0, 0xe0, 0xf0 };
        *out += static_cast<char>(lead[continuations] | (code >> (6 * continuations)));
        while (continuations-- > 0)
            *out += static_cast<char>(0x80 | ((code >> (6 * continuations)) & 0x3f));
    }

    // Four hex digits behind "\u", and the second half of a surrogate pair where there is one.
    static bool unescape_unicode(const char **at, const char *limit, std::string *out)
    {
        unsigned code, low;
        if (!hex4(*at, limit, &code) || (code >= 0xdc00 && code < 0xe000))
            return false;
        *at += 4;
        if (code >= 0xd800 && code < 0xdc00) {
            if (limit - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u' ||
                !hex4(*at + 2, limit, &low) || low < 0xdc00 || low >= 0xe000)
                return false;
            *at += 6;
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        append_utf8(out, code);
        return true;
    }

    // False: a bad escape.
    static bool unescape(std::string_view raw, std::string *out)
    {
        static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
        out->clear();
        const char *limit = raw.data() + raw.size();
        for (const char *at = raw.data(); at < limit;) {
            if (*at != '\\') {
                *out += *at++;
                continue;
            }
            const char *name = at[1] == '\0' ? nullptr : strchr(names, at[1]);
            char kind = at[1];
            at += 2;
            if (name != nullptr)
                *out += meant[name - names];
            else if (kind != 'u' || !unescape_unicode(&at, limit, out))
                return false;
        }
        out->reserve(out->size() + 16); // Dictionary::id reads past the end
        return true;
    }

    static const char *skip_digits(const char *at)
    {
        while (*at >= '0' && *at <= '9')
            at++;
        return at;
    }

    static const char *skip_number(const char *at)
    {
        at += *at == '-';
        const char *digits = at;
        at = *at == '0' ? at + 1 : skip_digits(at);
        if (at == digits)
            return nullptr;
        if (*at == '.') {
            digits = at + 1;
            at = skip_digits(digits);
            if (at == digits)
                return nullptr;
        }
        if (*at == 'e' || *at == 'E') {
            at += 1 + (at[1] == '+' || at[1] == '-');
            digits = at;
            at = skip_digits(digits);
            if (at == digits)
                return nullptr;
        }
        return at;
    }

    // A number, true, false or null at @start, with nothing but space up to @after.
    bool is_plain_value(uint32_t start, uint32_t after) const
    {
        const char *at = text + start;
        const char *behind = memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0 ? at + 4
                             : memcmp(at, "false", 5) == 0                            ? at + 5
                                                           : skip_number(at);
        if (behind == nullptr || behind > text + after)
            return false;
        while (behind < text + after && is_space(*behind))
            behind++;
        return behind == text + after;
    }

    template <bool ESCAPES> bool is_string(const uint32_t *at)
    {
        return !ESCAPES || unescape(string_at(at[0], at[1]), &scratch[3]);
    }

    // Checks the value at @at of any kind; returns the place behind it, or nullptr.
    template <bool ESCAPES> const uint32_t *skip_value(const uint32_t *at, unsigned depth)
    {
        if (at >= end)
            return nullptr;
        char c = text[*at];
        if (c == '"')
            return is_string<ESCAPES>(at) ? at + 1 : nullptr;
        if (c != '{' && c != '[')
            return is_plain_value(at[0], at[1]) ? at + 1 : nullptr;
        return depth == MAX_DEPTH ? nullptr : skip_members<ESCAPES>(at + 1, c == '{', depth + 1);
    }

    template <bool ESCAPES>
    const uint32_t *skip_members(const uint32_t *at, bool object, unsigned depth)
    {
        char close = object ? '}' : ']';
        if (at < end && text[*at] == close)
            return at + 1;
        for (;;) {
            if (object) {
                if (at + 1 >= end || text[at[0]] != '"' || text[at[1]] != ':' ||
                    !is_string<ESCAPES>(at))
                    return nullptr;
                at += 2;
            }
            at = skip_value<ESCAPES>(at, depth);
            if (at == nullptr || at >= end)
                return nullptr;
            char c = text[*at++];
            if (c == close)
                return at;
            if (c != ',')
                return nullptr;
        }
    }

    static std::string_view *wanted(std::string_view name, Call *call)
    {
        for (int i = 0; i < N_FIELDS; i++)
            if (name == FIELD_NAMES[i])
                return &call->field[i];
        return nullptr;
    }

    // A bit for each length that a wanted name has.
    static constexpr uint64_t lengths()
    {
        uint64_t bits = 0;
        for (std::string_view name : FIELD_NAMES)
            bits |= uint64_t{ 1 } << name.size();
        return bits;
    }

    // Stores the value at @at if the member's name is wanted and was not seen yet.
    template <bool ESCAPES> bool take(std::string_view name, const uint32_t *value, Call *call)
    {
        if (ESCAPES) {
            if (!unescape(name, &scratch[3]))
                return false;
            name = scratch[3];
        }
        std::string_view *field = wanted(name, call);
        if (field == nullptr || field->data() != nullptr)
            return true;
        if (text[value[0]] != '"')
            die(BAD_DATA, "field \"%.*s\" is no text", static_cast<int>(name.size()), name.data());
        *field = string_at(value[0], value[1]);
        if (ESCAPES && memchr(field->data(), '\\', field->size()) != nullptr) {
            std::string *copy = &scratch[field - &call->field[0]];
            if (!unescape(*field, copy))
                return false;
            *field = *copy;
        }
        return true;
    }

  public:
    // From now on in @text, whose structural characters are @index[0..n). A NUL stands behind it.
    void begin(const char *new_text, const uint32_t *new_index, uint32_t n)
    {
        text = new_text;
        index = new_index;
        end = new_index + n;
    }

    bool at_end() const
    {
        return index == end;
    }

    // The position behind what was read last.
    uint32_t behind() const
    {
        return index[-1] + 1;
    }

    bool skip(char c)
    {
        if (text[*index] != c)
            return false;
        index++;
        return true;
    }

    // One object. The NUL behind the text ends each chain of checks there, so none needs a bound.
    template <bool ESCAPES> bool object(Call *call)
    {
        const uint32_t *at = index;
        if (text[*at++] != '{')
            return false;
        if (text[*at] == '}') {
            index = at + 1;
            return true;
        }
        for (;;) {
            if (text[at[0]] != '"' || text[at[1]] != ':')
                return false;
            const uint32_t *value = at + 2;
            const uint32_t *after = value + 1;
            if (ESCAPES || text[*value] != '"') {
                after = skip_value<ESCAPES>(value, 1);
                if (after == nullptr)
                    return false;
            }
            size_t length = at[1] - at[0] - 2;
            bool may_be_wanted = ESCAPES || text[at[1] - 1] != '"' ||
                                 (length < 64 && (lengths() >> length & 1) != 0);
            if (may_be_wanted && !take<ESCAPES>(string_at(at[0], at[1]), value, call))
                return false;
            char c = text[*after];
            at = after + 1;
            if (c == ',')
                continue;
            index = at;
            return c == '}';
        }
    }
};

// ---- the file
// ------------------------------------------------------------------------------------

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

std::string_view
field_of(const Call &call, int field, uint64_t record)
{
    if (call.field[field].data() == nullptr)
        die(BAD_DATA, "record %ju: no field \"%s\"", uintmax_t{ record },
            FIELD_NAMES[field].data());
    return call.field[field];
}

// ---- the two jobs
// --------------------------------------------------------------------------------

class CountByType
{
    Dictionary types;
    std::vector<uint64_t> counts;

  public:
    void count(const Call &call, uint64_t record)
    {
        uint32_t type = types.id(field_of(call, TYPE, record));
        if (type == counts.size())
            counts.push_back(0);
        counts[type]++;
    }

    void print()
    {
        std::vector<uint32_t> order = types.sorted();
        std::stable_sort(order.begin(), order.end(),
                         [this](uint32_t a, uint32_t b) { return counts[a] > counts[b]; });
        Output out;
        out.add("original_crime_type_name,count\n");
        for (uint32_t type : order) {
            out.add(csv_field(types[type]));
            out.add(",");
            out.add_count(counts[type]);
            out.add("\n");
        }
        out.flush();
    }
};

unsigned
bits_for(uint64_t largest)
{
    return largest == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(largest));
}

// By the lowest @bits of each key.
void
radix_sort(std::vector<uint64_t> *keys, unsigned bits)
{
    constexpr unsigned DIGIT = 10;
    std::vector<uint64_t> sorted(keys->size());
    for (unsigned shift = 0; shift < bits; shift += DIGIT) {
        uint32_t start[(1 << DIGIT) + 1] = { 0 };
        for (uint64_t key : *keys)
            start[(key >> shift & ((1 << DIGIT) - 1)) + 1]++;
        for (unsigned i = 0; i < 1 << DIGIT; i++)
            start[i + 1] += start[i];
        for (uint64_t key : *keys)
            sorted[start[key >> shift & ((1 << DIGIT) - 1)]++] = key;
        keys->swap(sorted);
    }
}

// Where each part of a row lies in its sort key, from the lowest bit up.
struct RowBits {
    unsigned disposition, type, window, count;

    unsigned all() const
    {
        return disposition + type + window + count;
    }
};

class CountByWindow
{
    Dictionary types;
    Dictionary dispositions;
    HourMemo hours;
    Windows windows;
    std::vector<std::string> codes; // "HAN,Handled," by id: the codes' ids come first

    static std::string window_text(int64_t hour)
    {
        std::string text;
        for (int64_t edge : { hour, hour + 1 }) {
            time_t seconds = edge * 3600;
            struct tm broken;
            char edge_text[32];
            gmtime_r(&seconds, &broken);
            text.append(edge_text,
                        strftime(edge_text, sizeof(edge_text), "%Y-%m-%dT%H:%M:%S,", &broken));
        }
        return text;
    }

    void print_rows(const std::vector<uint64_t> &rows, const RowBits &bits, uint64_t largest,
                    const std::vector<uint32_t> &type_order,
                    const std::vector<uint32_t> &code_order)
    {
        std::vector<std::string> window_texts, type_texts, code_texts;
        for (const Window &window : windows.sorted())
            window_texts.push_back(window_text(window.hour));
        for (uint32_t type : type_order)
            type_texts.push_back(csv_field(types[type]) + ",");
        for (uint32_t code : code_order)
            code_texts.push_back(code < codes.size() ? codes[code] : "");

        Output out;
        out.add("window_start,window_end,original_crime_type_name,disposition,description,count\n");
        for (uint64_t row : rows) {
            auto take = [&row](unsigned n) {
                uint64_t part = row & ((uint64_t{ 1 } << n) - 1);
                row >>= n;
                return part;
            };
            uint64_t code = take(bits.disposition);
            uint64_t type = take(bits.type);
            out.add(window_texts[take(bits.window)]);
            out.add(type_texts[type]);
            out.add(code_texts[code]);
            out.add_count(largest - row);
            out.add("\n");
        }
        out.flush();
    }

  public:
    // Codes become the first ids.
    explicit CountByWindow(const char *path)
    {
        simdjson::dom::parser parser;
        simdjson::dom::array rows;
        simdjson::error_code error = parser.load(path).get(rows);
        for (simdjson::dom::element row : rows) {
            std::string_view code, description;
            if (row["disposition_code"].get(code) || row["description"].get(description))
                die(BAD_DATA, "%s: a row without disposition_code or description", path);
            std::string padded(code);
            padded.reserve(padded.size() + 16);
            if (dispositions.id(padded) != codes.size())
                die(BAD_DATA, "%s: %s twice", path, padded.c_str());
            codes.push_back(csv_field(code) + "," + csv_field(description) + ",");
        }
        if (error != simdjson::SUCCESS)
            die(BAD_DATA, "%s: %s", path, simdjson::error_message(error));
    }

    void count(const Call &call, uint64_t record)
    {
        int64_t hour;
        std::string_view time = field_of(call, TIME, record);
        if (!hours.find(time, &hour))
            die(BAD_DATA, "record %ju: \"%.*s\" is no time", uintmax_t{ record },
                static_cast<int>(time.size()), time.data());
        uint32_t type = types.id(field_of(call, TYPE, record));
        uint32_t disposition = dispositions.id(field_of(call, DISPOSITION, record));
        if (type >> TYPE_BITS != 0 || disposition >> DISPOSITION_BITS != 0)
            die(BAD_DATA, "record %ju: too many types or dispositions", uintmax_t{ record });
        windows.count(hour, group_key(type, disposition));
    }

    void print()
    {
        std::vector<uint32_t> type_order = types.sorted(), code_order = dispositions.sorted();
        std::vector<uint32_t> type_rank = ranks(type_order), code_rank = ranks(code_order);
        const std::vector<Window> &sorted = windows.sorted();

        uint32_t largest = 0;
        size_t groups = 0;
        for (const Window &window : sorted) {
            groups += window.used;
            window.each(
                [&largest](const Group &group) { largest = std::max(largest, group.count); });
        }
        RowBits bits = { bits_for(code_rank.size()), bits_for(type_rank.size()),
                         bits_for(sorted.size()), bits_for(largest) };
        if (bits.all() > 64)
            die(BAD_DATA, "too many groups");

        std::vector<uint64_t> rows;
        rows.reserve(groups);
        for (size_t i = 0; i < sorted.size(); i++)
            sorted[i].each([&](const Group &group) {
                uint32_t disposition = disposition_of(group.key);
                if (disposition >= codes.size()) // the inner join
                    return;
                uint64_t row = largest - group.count;
                row = row << bits.window | i;
                row = row << bits.type | type_rank[type_of(group.key)];
                row = row << bits.disposition | code_rank[disposition];
                rows.push_back(row);
            });
        radix_sort(&rows, bits.all());
        print_rows(rows, bits, largest, type_order, code_order);
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
