// SPDX-License-Identifier: Apache-2.0
#ifndef BENCH_CALL_WALKER_H
#define BENCH_CALL_WALKER_H

// The calls in a chunk of JSON, for the programs that do levada's jobs by hand.

#include <simdjson.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace by_hand
{

constexpr size_t CHUNK = 256 * 1024;
constexpr size_t MAX_RECORD = 1024 * 1024;
constexpr unsigned MAX_DEPTH = 64;

enum {
    BAD_DATA = 65,
    NO_INPUT = 66,
    IO_ERROR = 74
};

[[noreturn]] inline __attribute__((format(printf, 2, 3))) void
die(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(code);
}

inline uint64_t
load64(const void *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

inline uint32_t
load32(const void *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof(word));
    return word;
}

// ---- one record ----

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

inline std::string_view
field_of(const Call &call, int field, uint64_t record)
{
    if (call.field[field].data() == nullptr)
        die(BAD_DATA, "record %ju: no field \"%s\"", uintmax_t{ record },
            FIELD_NAMES[field].data());
    return call.field[field];
}

} // namespace by_hand

#endif
