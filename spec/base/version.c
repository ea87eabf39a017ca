#include "spec/base/version.h"

const char version_release[] = BOXCAR_VERSION;
const char version_commit[] = BOXCAR_COMMIT;
