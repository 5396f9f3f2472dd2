/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance/cases.h"

const struct test_case *const conformance_cases[] = {
    cases_load, cases_life, cases_options, cases_data, cases_source, cases_delivery,    cases_state,
    cases_run,  cases_skew, cases_fuzz,    cases_ext,  cases_group,  cases_transaction, NULL,
};
