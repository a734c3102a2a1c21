import type { Dashboard } from './dashboards.ts'

const WIDTH = 24
const PANELS_A_ROW = 4
const HEIGHT = 8
const SOURCE = { type: 'prometheus', uid: '$datasource' }

/** A dashboard as Grafana imports it. */
export function grafana({ uid, title, jobsOf, rows }: Dashboard): unknown {
  return {
    uid,
    title,
    tags: ['recado'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'job',
          label: uid === 'recado-operator' ? 'Operator' : 'Cluster',
          type: 'query',
          datasource: SOURCE,
          query: `label_values(${jobsOf}, job)`,
          refresh: 2,
          sort: 1,
        },
      ],
    },
    panels: panelsOf(rows),
  }
}

function panelsOf(rows: Dashboard['rows']): unknown[] {
  const panels: unknown[] = []
  let y = 0
  for (const { title, panels: inRow } of rows) {
    panels.push({ id: panels.length + 1, type: 'row', title, gridPos: { x: 0, y, w: WIDTH, h: 1 } })
    y += 1
    const w = Math.floor(WIDTH / Math.min(PANELS_A_ROW, inRow.length <= PANELS_A_ROW ? inRow.length : 3))
    for (const [index, panel] of inRow.entries()) {
      const across = WIDTH / w
      const gridPos = { x: (index % across) * w, y: y + Math.floor(index / across) * HEIGHT, w, h: HEIGHT }
      panels.push(panelOf(panels.length + 1, panel, gridPos))
    }
    y += Math.ceil((inRow.length * w) / WIDTH) * HEIGHT
  }
  return panels
}

function panelOf(id: number, panel: Dashboard['rows'][number]['panels'][number], gridPos: object): unknown {
  const { title, meaning, unit = 'short', kind = 'timeseries', queries } = panel
  return {
    id,
    type: kind,
    title,
    description: meaning,
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: { unit, ...(kind === 'timeseries' && { min: unit === 's' ? undefined : 0 }) },
      overrides: [],
    },
    options: kind === 'stat' ? { textMode: 'value_and_name', reduceOptions: { calcs: ['lastNotNull'] } } : {},
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      ...(kind === 'stat' && { instant: true }),
    })),
  }
}
