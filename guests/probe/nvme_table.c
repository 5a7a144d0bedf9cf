/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The NVMe commands the probe runs, in this order, after the NVM Express Base
 * Specification 1.4 and, for COPY, its NVM command set of 1.4 with TP 4065.
 * The places are those of ata_table.c. Admin commands have numbers of their
 * own: 02 is GET LOG PAGE there and READ here.
 */
#include "nvme.h"

#define SLOT(k) (16 + 8 * (k))
#define ABSENT(k) (144 + 8 * (k))
#define AT_64_KIB (128 - 4)
#define AT_2_MIB (4096 - 4)

/* Of `feature`: Identify's CNS, a log page, a feature, bits of word 12. */
#define CNS_NAMESPACE 0x00
#define CNS_CONTROLLER 0x01
#define LOG_HEALTH 0x02
#define FEATURE_WRITE_CACHE 0x06
#define SANITIZE_BLOCK_ERASE 0x02
#define FORCE_UNIT_ACCESS 0x40
#define DEALLOCATE 0x02

/* Shorthand for the rows; the columns are struct command's. */
#define IDENTIFY REPORT_IDENTIFY, REPORT_DMA, FLOW_IN
#define ASK REPORT_IDENTIFY, REPORT_NONE, FLOW_NONE
#define READ REPORT_READ, REPORT_DMA, FLOW_IN
#define VERIFY REPORT_VERIFY, REPORT_NONE, FLOW_NONE
#define COMPARE REPORT_VERIFY, REPORT_DMA, FLOW_OUT
#define WRITE REPORT_WRITE, REPORT_DMA, FLOW_OUT
#define TRIM_NONE REPORT_TRIM, REPORT_NONE, FLOW_NONE
#define TRIM_DMA REPORT_TRIM, REPORT_DMA, FLOW_OUT
#define ABSENT_NONE REPORT_ABSENT, REPORT_NONE, FLOW_NONE
#define ABSENT_DMA REPORT_ABSENT, REPORT_DMA, FLOW_OUT
#define FLUSH REPORT_FLUSH, REPORT_NONE, FLOW_NONE

#define BLOCKS NVME_BLOCKS
#define HIGH (NVME_BLOCKS | NVME_HIGH_FEATURE)

const struct command nvme_identify = {
    0x06, IDENTIFY, AT_LBA, 8, CNS_NAMESPACE, NVME_ADMIN, 0,
    "IDENTIFY_NAMESPACE"
};
const struct command nvme_identify_controller = {
    0x06, IDENTIFY, AT_LBA, 8, CNS_CONTROLLER, NVME_ADMIN, 0,
    "IDENTIFY_CONTROLLER"
};
const struct command nvme_reader = {
    0x02, READ, AT_LBA, 8, 0, BLOCKS, 0, "READ"
};

const struct command nvme_commands[] = {
    { 0x06, IDENTIFY, AT_LBA, 8, CNS_CONTROLLER, NVME_ADMIN, 0,
      "IDENTIFY_CONTROLLER" },
    { 0x06, IDENTIFY, AT_LBA, 8, CNS_NAMESPACE, NVME_ADMIN, 0,
      "IDENTIFY_NAMESPACE" },
    { 0x02, IDENTIFY, AT_LBA, 1, LOG_HEALTH, NVME_ADMIN, 0, "GET_LOG_PAGE" },
    { 0x0a, ASK, AT_LBA, 0, FEATURE_WRITE_CACHE, NVME_ADMIN, 0,
      "GET_FEATURES" },

    { 0x02, READ, AT_LBA, 1, 0, BLOCKS, 0, "READ" },
    { 0x02, READ, AT_LBA, 8, 0, BLOCKS, AT_64_KIB, "READ" },
    { 0x02, READ, AT_LAST, 3, FORCE_UNIT_ACCESS, HIGH, 0, "READ_FUA" },

    { 0x0c, VERIFY, AT_LBA, 8, 0, BLOCKS, 8, "VERIFY" },
    { 0x05, COMPARE, AT_LBA, 8, 0, BLOCKS | NVME_COMPARES, 8, "COMPARE" },

    { 0x01, WRITE, AT_LBA, 1, 0, BLOCKS, SLOT(0), "WRITE" },
    { 0x01, WRITE, AT_LBA, 8, 0, BLOCKS, SLOT(1), "WRITE" },
    { 0x01, WRITE, AT_LBA, 2, FORCE_UNIT_ACCESS, HIGH, SLOT(2), "WRITE_FUA" },
    { 0x01, WRITE, AT_LBA, 1, 0, BLOCKS, 0, "WRITE" },
    { 0x01, WRITE, AT_LBA, 8, 0, BLOCKS, AT_64_KIB, "WRITE" },
    { 0x01, WRITE, AT_LBA, 8, 0, BLOCKS, AT_2_MIB, "WRITE" },
    { 0x01, WRITE, AT_LAST, 1, 0, BLOCKS, 0, "WRITE" },
    { 0x19, WRITE, AT_LBA_COPY, 8, SLOT(1), NVME_SOURCE, SLOT(3), "COPY" },

    { 0x09, TRIM_DMA, AT_LBA, 8, 0, NVME_RANGE, SLOT(4), "DSM_DEALLOCATE" },
    { 0x08, TRIM_NONE, AT_LBA, 8, 0, BLOCKS, SLOT(5), "WRITE_ZEROES" },
    { 0x08, TRIM_NONE, AT_LBA, 8, DEALLOCATE, HIGH, SLOT(6),
      "WRITE_ZEROES_DEALLOCATE" },

    { 0x04, ABSENT_NONE, AT_LBA, 1, 0, BLOCKS, ABSENT(0),
      "WRITE_UNCORRECTABLE" },
    { 0x7d, ABSENT_DMA, AT_LBA, 1, 0, BLOCKS, ABSENT(1), "ZONE_APPEND" },
    { 0x84, ABSENT_NONE, AT_LBA, 8, SANITIZE_BLOCK_ERASE, NVME_ADMIN,
      ABSENT(2), "SANITIZE" },

    { 0x00, FLUSH, AT_LBA, 0, 0, 0, 0, "FLUSH" },

    { 0x80, TRIM_NONE, AT_ALL, 8, 0, NVME_ADMIN, 0, "FORMAT_NVM" },
};
_Static_assert(sizeof(nvme_commands) / sizeof(nvme_commands[0]) ==
               NVME_COMMANDS, "nvme.h tells how many");
