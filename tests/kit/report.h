/*
 * A report without what this machine is to blame for: an example names the folders of a host where
 * tailrace was installed, which need not be here.
 */
#ifndef TAILRACE_KIT_REPORT_H
#define TAILRACE_KIT_REPORT_H

#include "base/report.h"

/* Takes out the lines about folders that nothing can be written to. */
void kit_report_forget_folders(struct report *report);

#endif
