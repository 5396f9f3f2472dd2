/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOST_CLI_OUTPUT_H
#define HOST_CLI_OUTPUT_H

/*
 * The end of what a verb printed on standard output: @code, or EX_IOERR, which is told, if it could
 * not be written although somebody reads it.
 */
int output_finish(int code);

#endif
