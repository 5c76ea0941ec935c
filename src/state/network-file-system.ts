/** File systems on which the locks of SQLite cannot be trusted. */
import { statfs } from 'node:fs/promises';

/** `f_type` of statfs(2), from linux/magic.h and the file systems' own headers. */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x00006969: 'NFS',
  0x0000517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x5346414f: 'AFS',
  0x0bd00bd0: 'Lustre',
  0x47504653: 'GPFS',
  0x00c36400: 'Ceph',
  0x19830326: 'BeeGFS',
  0xaad7aaea: 'Panasas',
  0x01021997: '9P',
  // bindfs, sshfs and other mounts of user space: most keep locks within one mount.
  0x65735546: 'FUSE',
};

/**
 * The kind of the network file system that a directory lies on; undefined where it is a local one.
 * @throws ENOENT where there is no such directory
 */
export async function networkFileSystem(directory: string): Promise<string | undefined> {
  const { type } = await statfs(directory);
  // The kernel's number has 32 bits, and comes sign-extended on some platforms.
  return NETWORK_FILE_SYSTEMS[type >>> 0];
}
