/* SPDX-License-Identifier: Apache-2.0 */
#include "generator.h"

#include "names.h"

#include <assert.h>
#include <string.h>
#include <time.h>

const char *const generator_fields[GENERATOR_FIELDS] = {
    "crime_id",       "original_crime_type_name",
    "report_date",    "call_date",
    "offense_date",   "call_time",
    "call_date_time", "disposition",
    "address",        "city",
    "state",          "agency_id",
    "address_type",   "common_location",
};

/* What is drawn for a call, each with random bits of its own. */
enum draw {
    DRAW_TIME,
    DRAW_TYPE,
    DRAW_RARE_TYPE,
    DRAW_DISPOSITION,
    DRAW_ADDRESS_TYPE,
    DRAW_NUMBER,
    DRAW_STREET,
    DRAW_OTHER_STREET,
    DRAW_PLACE,
    DRAW_CITY,
    DRAWS = 16,
};

/* A bijection that scatters neighbours all over the 64 bits: multiplications and shifts. */
static uint64_t
scatter(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 29;
    x *= UINT64_C(0xa0761d6478bd642f);
    x ^= x >> 32;
    return x;
}

static uint64_t
draw(const struct generator *generator, uint64_t position, enum draw what)
{
    uint64_t key = scatter(generator->seed + UINT64_C(0x9e3779b97f4a7c15));
    return scatter(key ^ scatter(position * DRAWS + (uint64_t)what + 1));
}

static uint32_t
draw_below(const struct generator *generator, uint64_t position, enum draw what, uint32_t n)
{
    return (uint32_t)((draw(generator, position, what) >> 32) * n >> 32);
}

/* The index of the row into which the @ticket-th of all weights falls; @n: behind the last. */
static uint32_t
find_weight(const struct weighted_name *rows, uint32_t n, uint32_t ticket)
{
    uint32_t i = 0;
    while (i < n && ticket >= rows[i].weight)
        ticket -= rows[i++].weight;
    return i;
}

static const char *
pick(const struct generator *generator, uint64_t position, enum draw what,
     const struct weighted_name *rows, uint32_t n)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < n; i++)
        all += rows[i].weight;
    return rows[find_weight(rows, n, draw_below(generator, position, what, all))].name;
}

/* ---- text ---- */

static char *
put(char *at, const char *text)
{
    return stpcpy(at, text);
}

static char *
put_number(char *at, uint64_t number, unsigned digits)
{
    char reversed[24];
    unsigned n = 0;
    for (; number > 0 || n < digits; number /= 10)
        reversed[n++] = (char)('0' + number % 10);
    while (n > 0)
        *at++ = reversed[--n];
    *at = 0;
    return at;
}

/* The next field's name; its value and the closing quote follow. */
static char *
put_name(char *at, const char *name)
{
    return put(put(put(at, ",\""), name), "\":\"");
}

/* ---- types ---- */

#define CALLS_COUNTED 199999
#define RARE_TYPES 3354
#define NAMES_ALL_TYPES (NAMES_TYPES + RARE_TYPES)

/* Rare types: by rank, each step twice as many of them as the one before; what each step weighs. */
static const struct weighted_name rare_steps[] = {
    { "64 to 127", 11000 },  { "128 to 255", 6000 },   { "256 to 511", 3000 },
    { "512 to 1023", 2500 }, { "1024 to 2047", 2800 }, { "2048 to 3417", 3250 },
};
#define RARE_STEPS ((uint32_t)(sizeof(rare_steps) / sizeof(*rare_steps)))

/* The name of the rare type of rank 64, 65 .. 3417. Officers type them in, in a hurry. */
static char *
put_rare_type(char *at, uint32_t rank)
{
    static const char *const subjects[] = {
        "Poss",     "Verbal", "Susp",      "Tent",     "Camper",      "Skateboards", "Drum",
        "Rv",       "Bottle", "Bus",       "Roommate", "Panhandler",  "Juv",         "Neighbor",
        "Dog",      "Drone",  "Rave",      "Party",    "Scam",        "Package",     "Bike",
        "Scooter",  "Laser",  "Needles",   "Smoke",    "Graffiti",    "Squatter",    "Encampment",
        "Landlord", "Tenant", "Driver",    "Cab",      "Prowler",     "Alarm",       "Window",
        "Door",     "Garage", "Fireworks", "Shots",    "Prop Damage",
    };
    static const char *const details[] = {
        "601",       "909",    "488",       "518",      "586",       "415",      "22500e",
        "22500f",    "7.2.27", "7.2.32",    "647f",     "594",       "Rep",      "Dv",
        "Unkn",      "Poss",   "Violent",   "Refusing", "Loitering", "Yelling",  "Blocking",
        "Left Open", "Asleep", "On Road",   "In Park",  "At Muni",   "W/knife",  "W/dog",
        "No Wpn",    "Advice", "Follow Up", "Civil",    "Standby",   "Lost",     "Found",
        "Stolen",    "Broken", "Recovered", "Racing",   "Stuck",     "Eviction", "Dispute",
        "Threats",
    };
    uint32_t k = rank - NAMES_TYPES;
    uint32_t n = (uint32_t)(sizeof(subjects) / sizeof(*subjects));
    uint32_t m = (uint32_t)(sizeof(details) / sizeof(*details));
    assert(k < 2 * n * m);
    at = put(at, subjects[k % n]);
    at = put(at, k / n / m == 0 ? "/" : " ");
    return put(at, details[k / n % m]);
}

static char *
put_type(char *at, const struct generator *generator, uint64_t position)
{
    uint32_t ticket = draw_below(generator, position, DRAW_TYPE, CALLS_COUNTED);
    uint32_t i = find_weight(names_types, NAMES_TYPES, ticket);
    if (i < NAMES_TYPES)
        return put(at, names_types[i].name);
    for (uint32_t k = 0; k < NAMES_TYPES; k++)
        ticket -= names_types[k].weight;
    uint32_t step = find_weight(rare_steps, RARE_STEPS - 1, ticket);
    uint32_t first = NAMES_TYPES << step;
    uint32_t ranks = first < NAMES_ALL_TYPES - first ? first : NAMES_ALL_TYPES - first;
    return put_rare_type(at, first + draw_below(generator, position, DRAW_RARE_TYPE, ranks));
}

/* ---- places ---- */

enum address_type {
    PREMISE_ADDRESS,
    INTERSECTION,
    COMMON_LOCATION,
    GEO_OVERRIDE,
    ADDRESS_TYPES,
};

static const struct weighted_name address_types[ADDRESS_TYPES] = {
    { "Premise Address", 102791 },
    { "Intersection", 64091 },
    { "Common Location", 24446 },
    { "Geo-Override", 8671 },
};

static char *
put_street(char *at, const struct generator *generator, uint64_t position, enum draw what)
{
    return put(at, names_streets[draw_below(generator, position, what, NAMES_STREETS)]);
}

static char *
put_address(char *at, const struct generator *generator, uint64_t position, enum address_type type)
{
    if (type == INTERSECTION) {
        at = put_street(at, generator, position, DRAW_STREET);
        at = put(at, "/");
        return put_street(at, generator, position, DRAW_OTHER_STREET);
    }
    at = put_number(at, draw_below(generator, position, DRAW_NUMBER, 40) * UINT64_C(100), 1);
    at = put(at, type == GEO_OVERRIDE ? " Blk " : " Block Of ");
    return put_street(at, generator, position, DRAW_STREET);
}

/* ---- the call ---- */

struct when {
    char date[32];    /* 2018-12-31T00:00:00.000 */
    char instant[32]; /* 2018-12-31T23:57:00.000 */
    char time[8];     /* 23:57 */
};

static void
write_when(int64_t seconds, struct when *when)
{
    time_t instant = seconds;
    struct tm tm;
    gmtime_r(&instant, &tm);
    char *at = put_number(when->time, (uint64_t)tm.tm_hour, 2);
    put_number(put(at, ":"), (uint64_t)tm.tm_min, 2);
    at = put(put_number(when->date, (uint64_t)tm.tm_year + 1900, 4), "-");
    at = put(put_number(at, (uint64_t)tm.tm_mon + 1, 2), "-");
    at = put(put_number(at, (uint64_t)tm.tm_mday, 2), "T");
    size_t day = (size_t)(at - when->date);
    memcpy(when->instant, when->date, day);
    put(at, "00:00:00.000");
    put(put(when->instant + day, when->time), ":00.000");
}

size_t
generator_write(const struct generator *generator, uint64_t position,
                char text[GENERATOR_TEXT_SIZE])
{
    const char *const *name = generator_fields;
    struct when when;
    write_when(call_times_at(&generator->times, position, draw(generator, position, DRAW_TIME)),
               &when);
    enum address_type type = (enum address_type)find_weight(
        address_types, ADDRESS_TYPES - 1,
        draw_below(generator, position, DRAW_ADDRESS_TYPE, CALLS_COUNTED));

    char *at = put(put(put(text, "{\""), *name++), "\":\"");
    at = put(put_number(at, UINT64_C(182750000) + position, 9), "\"");
    at = put(put_type(put_name(at, *name++), generator, position), "\"");
    for (unsigned i = 0; i < 3; i++) /* reported, called and committed on one day */
        at = put(put(put_name(at, *name++), when.date), "\"");
    at = put(put(put_name(at, *name++), when.time), "\"");
    at = put(put(put_name(at, *name++), when.instant), "\"");
    at = put_name(at, *name++);
    at = put(at,
             pick(generator, position, DRAW_DISPOSITION, names_dispositions, NAMES_DISPOSITIONS));
    at = put(put_address(put_name(put(at, "\""), *name++), generator, position, type), "\"");
    at = put_name(at, *name++);
    at = put(put(at, pick(generator, position, DRAW_CITY, names_cities, NAMES_CITIES)), "\"");
    at = put(put(put_name(at, *name++), "CA"), "\"");
    at = put(put(put_name(at, *name++), "1"), "\"");
    at = put(put(put_name(at, *name++), address_types[type].name), "\"");
    at = put_name(at, *name++);
    if (type == COMMON_LOCATION)
        at = put(at, pick(generator, position, DRAW_PLACE, names_places, NAMES_PLACES));
    at = put(at, "\"}");
    return (size_t)(at - text);
}
