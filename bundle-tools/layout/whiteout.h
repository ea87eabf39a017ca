/* How a layer says that something of the layers below is gone: in an archive by names (image-spec, "Whiteouts"), in the store as
 * overlayfs does (kernel, Documentation/filesystems/overlayfs.rst): a character device 0:0, and an attribute of a directory that
 * shows nothing from below. */
#pragma once

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"
#define WHITEOUT_OTHERS ".wh..wh." /* notes that aufs left; they say nothing */
#define OVERLAY_OPAQUE "trusted.overlay.opaque"
#define OVERLAY_USER_OPAQUE "user.overlay.opaque" /* where conductor is root of a user namespace only */
