// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_CRIME_COUNTS_H
#define BENCH_CRIME_COUNTS_H

// Calls counted and printed: by type, and by hour, type and disposition, joined with the radio
// codes.

#include "call_walker.h"

#include <algorithm>
#include <memory>
#include <unistd.h>
#include <vector>

namespace by_hand
{

// ---- output ----

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

inline std::string
csv_field(std::string_view text)
{
    if (text.find_first_of("\",\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (char c : text)
        quoted.append(c == '"' ? 2 : 1, c);
    return quoted += '"';
}

// ---- interned strings ----

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
inline std::vector<uint32_t>
ranks(const std::vector<uint32_t> &order)
{
    std::vector<uint32_t> rank(order.size());
    for (uint32_t i = 0; i < order.size(); i++)
        rank[order[i]] = i;
    return rank;
}

// ---- event time ----

inline bool
two_digits(const char *text, int max, int *value)
{
    unsigned tens = static_cast<unsigned>(text[0] - '0');
    unsigned ones = static_cast<unsigned>(text[1] - '0');
    *value = static_cast<int>(tens * 10 + ones);
    return tens < 10 && ones < 10 && *value <= max;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar.
inline int64_t
days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

inline int
days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

// The hour since the epoch of YYYY-MM-DDTHH:MM:SS, with or without a fraction or a Z.
inline bool
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

// ---- the counts ----

// A group is a type and a disposition in one word: 2^22 types and 2^10 dispositions are enough
// here.
constexpr unsigned DISPOSITION_BITS = 10;
constexpr unsigned TYPE_BITS = 22;

struct Group {
    uint32_t key; // 0: free
    uint32_t count;
};

inline uint32_t
group_key(uint32_t type, uint32_t disposition)
{
    return ((type << DISPOSITION_BITS) | disposition) + 1;
}

inline uint32_t
type_of(uint32_t key)
{
    return (key - 1) >> DISPOSITION_BITS;
}

inline uint32_t
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

// ---- the two jobs ----

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

inline unsigned
bits_for(uint64_t largest)
{
    return largest == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(largest));
}

// By the lowest @bits of each key.
inline void
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

} // namespace by_hand

#endif
