/* Version of the serial application, as HELLO reports it. */
#ifndef SS_VERSION_H
#define SS_VERSION_H

enum { SS_VERSION_MAJOR = 0, SS_VERSION_MINOR = 1, SS_VERSION_PATCH = 0 };

#endif
