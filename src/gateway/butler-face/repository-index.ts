import { nameInAddresses, type OfferedRepository } from '../../access/policy.ts';

/**
 * An index of repositories as `DAF_BUTLER_REPOSITORY_INDEX` takes it: label → address of the RemoteButler face, as JSON,
 * which is YAML.
 * @param offered what exists for the caller
 * @param views those are named that all repositories of exist for the caller
 */
export function repositoryIndex(
  offered: readonly OfferedRepository[],
  views: Readonly<Record<string, readonly string[]>>,
  publicUrl: string,
): string {
  const addressed = (name: string) => [name, `${publicUrl}/api/butler/repo/${name}`] as const;
  const names = offered.flatMap((repository) => [
    ...new Set([repository.bareName ?? repository.name, nameInAddresses(repository)]),
  ]);
  const visible = Object.keys(views).filter((view) => views[view]!.every((name) => names.includes(name)));
  return JSON.stringify(Object.fromEntries([...names, ...visible].map(addressed)), null, 2);
}
