/** Ends the process with an explanation when this Node cannot even run the set-up. */
export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 20) return;
  console.error(`Satellite's set-up needs Node 20 or newer (it brings Node 24 itself); this is ${process.version}.`);
  process.exit(1);
}
