// Rows as benches/result.schema.json says.

/** A figure without a peer. */
export function alone(name, value, unit, target, met) {
  return { name: `node/${name}`, value, unit, peer: null, peer_value: null, ratio: null, target, met };
}

/** A figure and its peer's. */
export function beside(name, value, unit, peer, peer_value, ratio, target, met) {
  return { name: `node/${name}`, value, unit, peer, peer_value, ratio, target, met };
}

/** The middle one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The median of the ratios of runs that stand next to each other in time. */
export function ratio(ours, theirs) {
  return median(ours.map((value, round) => value / theirs[round]));
}

/** The table, and last what was not reached. */
export function print(rows) {
  const lines = [["FIGURE", "VALUE", "UNIT", "PEER", "PEER'S", "RATIO", "TARGET", "MET"]];
  const figure = (value) => (value === null ? "-" : Number.isInteger(value) ? `${value}` : value.toFixed(value < 10 ? 2 : 1));
  for (const row of rows) {
    const { name, value, unit, peer, peer_value, ratio, target, met } = row;
    lines.push([name, figure(value), unit, peer ?? "-", figure(peer_value), figure(ratio), target, met ? "yes" : "NO"]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    console.log(line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  }
  for (const row of rows.filter(({ met }) => !met)) {
    console.log(`not met: ${row.name} is ${figure(row.value)} ${row.unit}, target ${row.target}`);
  }
}
