/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <fcntl.h>
#include <stdlib.h>

/* A closed standard stream must not become the number of a file that we open. */
static void
open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            abort();
    }
}

int
main(int argc, char **argv)
{
    open_standard_streams();
    return cli_main(argc, argv);
}
