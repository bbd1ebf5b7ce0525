/* Processor faults: recorded, then the firmware restarts and reports them over the serial port. */
#ifndef SS_FAULT_H
#define SS_FAULT_H

/* Handler of every fault and of every exception that nothing else handles. */
void ss_fault_entry(void);

#endif
