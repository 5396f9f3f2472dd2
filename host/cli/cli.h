/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_CLI_H
#define HOST_CLI_CLI_H

/* The command line: verbs, options, what a terminal sees, exit codes. */

int cli_main(int argc, char **argv);

#endif
