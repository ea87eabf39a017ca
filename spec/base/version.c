#include "spec/base/version.h"

const char boxcar_version[] = BOXCAR_VERSION;
const char boxcar_commit[] = BOXCAR_COMMIT;
