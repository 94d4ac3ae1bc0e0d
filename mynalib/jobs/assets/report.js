// 図を描き、表を絞りこむ。この道具が無くても、ページは表だけで読み終えられる。
"use strict";
document.documentElement.classList.add("js");
const narrow = window.matchMedia("(max-width: 640px)").matches;
const plain = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true };

const WHOLE = ",d";
// 人数が少ないと、目盛りが 0.5 人おきになり、丸めた「0、1、1、2、2」が並ぶ
const wholeSteps = (axis, series) => {
  axis.dtick = Math.max(0, ...series.flat()) < 5 ? 1 : null;
};
// 月の名が重ならないように、いちばん新しい月から、軸の三分の一より離れた月だけに。先の月（目標）も、離れていれば残す
const fewMonths = (ticks, newest, months) => {
  const place = (month) => months.indexOf(month);
  const apart = (one, other) => (place(other) - place(one)) * 3 >= months.length;
  const kept = [newest];
  for (const one of ticks.toReversed()) if (apart(one, kept[0])) kept.unshift(one);
  return apart(newest, ticks.at(-1)) ? [...kept, ticks.at(-1)] : kept;
};

for (const figure of document.querySelectorAll("figure")) {
  const { data, layout } = JSON.parse(figure.querySelector(".figure-data").textContent);
  if (layout.yaxis.tickformat === WHOLE) wholeSteps(layout.yaxis, data.map((one) => one.y));
  if (narrow) {
    // 横の軸の端の「100%」は、右にはみ出す
    layout.margin = { ...layout.margin, l: 8, r: layout.xaxis.ticksuffix ? 24 : 8 };
    layout.font = { ...layout.font, size: 12 };
    if (layout.xaxis.type === "log") { // 目盛りを、大きいほうから間引く
      const { tickvals, ticktext } = layout.xaxis;
      const each = Math.ceil(tickvals.length / 4);
      const kept = (_, at) => (tickvals.length - 1 - at) % each === 0;
      layout.xaxis = { ...layout.xaxis, tickvals: tickvals.filter(kept), ticktext: ticktext.filter(kept) };
    }
    if (layout.meta) layout.xaxis.tickvals = fewMonths(layout.xaxis.tickvals, layout.meta.newest, data[0].x);
  }
  window.Plotly.newPlot(figure.querySelector(".chart"), data, layout, plain);
}

// 紙には、添えてある絵が出る。選んで描きかえた図（.chosen）だけは、動く図を、紙の幅で出す
const PAPER = 700;
const chosen = () => document.querySelectorAll(".chosen .chart");
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  chosen().forEach((chart) => window.Plotly.relayout(chart, { width: PAPER }));
});
window.addEventListener("afterprint", () => {
  chosen().forEach((chart) => window.Plotly.relayout(chart, { width: null, autosize: true }));
});

// 見出しを押すと、並べかわる。組合全体とまとめた行は、いつも下に残る
// はじめの数だけを読む。「約 70 %（±10）」は 70
const number = (cell) => parseFloat(cell.textContent.replace(/^約\s*|,/g, ""));
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows];
      const fixed = (row) => row.matches(".total, .merged");
      const order = (a, b) => {
        const [x, y] = [a.cells[at], b.cells[at]];
        const [m, n] = [number(x), number(y)];
        if (Number.isNaN(m) !== Number.isNaN(n)) return Number.isNaN(m) - Number.isNaN(n);
        return m - n || x.textContent.localeCompare(y.textContent, "ja", { numeric: true });
      };
      const moving = rows.filter((row) => !fixed(row)).sort((a, b) => (down ? -order(a, b) : order(a, b)));
      table.tBodies[0].append(...moving, ...rows.filter(fixed));
    });
  });
}

const search = document.querySelector("#search");
const searched = [...document.querySelectorAll("[data-search]")];
if (search && !searched.length) search.closest(".scripted")?.remove(); // 絞りこむ人のいないリスト
else if (search) {
  const count = document.querySelector("#search-count");
  const filter = () => {
    const words = search.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of searched) {
      const text = (row.dataset.search || row.textContent).normalize("NFKC").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown.toLocaleString("ja-JP")} 件`;
  };
  search.addEventListener("input", filter);
  filter();
}

// 事業所、本人か家族、期間を選ぶと、同じページの値で、図と題と表を書きかえる
const chooser = document.querySelector(".chooser");
if (chooser) {
  const [employer, kind, months] = chooser.querySelectorAll("select");
  const figures = [...document.querySelectorAll("figure")].filter((figure) => figure.querySelector(".choices"));
  const has = (series) => series.some((value) => value !== null);
  const stack = (y) => y.map((_, at) => y[0].map((__, month) => y.slice(0, at).reduce((sum, one) => sum + (one[month] || 0), 0)));
  const fill = (rows, y, shown, digits) => rows.forEach((row, month) => {
    row.hidden = month < rows.length - shown;
    [...row.cells].slice(1).forEach((cell, at) => {
      const value = y[at][month];
      cell.textContent = value === null ? "—"
        : value.toLocaleString("ja", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    });
  });
  const draw = (figure) => {
    const { digits, named, each } = JSON.parse(figure.querySelector(".choices").textContent);
    const { title, y } = each[`${employer.value}|${kind.value}`];
    const chart = figure.querySelector(".chart");
    const rows = [...figure.querySelector("tbody").rows];
    const shown = Math.min(Number(months.value), rows.length);
    const legend = y.map((series, at) => named[at] && has(series));
    const stacked = chart.data[0].type === "bar";
    const labels = chart.data[0].x;
    const past = labels.slice(rows.length - shown, rows.length);
    const step = Math.ceil(past.length / (narrow ? 3 : 5));
    const ticks = past.filter((_, at) => (past.length - 1 - at) % step === 0);
    const counted = {};
    if (chart.layout.yaxis.tickformat === WHOLE) wholeSteps(counted, y);
    window.Plotly.update(chart, { y, showlegend: legend, ...(stacked ? { base: stack(y) } : {}) }, {
      showlegend: legend.filter(Boolean).length > 1,
      ...("dtick" in counted ? { "yaxis.dtick": counted.dtick } : {}),
      "xaxis.range": [rows.length - shown - 0.5, labels.length - 0.5],
      "xaxis.tickvals": labels.length > rows.length && !narrow ? [...ticks, labels.at(-1)] : ticks,
    }, [...y.keys()]);
    const caption = figure.querySelector("figcaption");
    caption.firstChild.textContent = title;
    chart.setAttribute("aria-label", `${title}。${caption.querySelector(".subtitle").textContent}。値は図の下の表にあります。`);
    figure.classList.add("chosen");
    fill(rows, y, shown, digits);
  };
  const pick = (element, code) => element.classList.toggle("picked", code === employer.value && code !== "TOTAL");
  chooser.addEventListener("change", () => {
    figures.forEach(draw);
    document.querySelectorAll("[data-employer]").forEach((one) => pick(one, one.dataset.employer));
    document.querySelectorAll("table.sortable tbody tr").forEach((row) => pick(row, row.cells[0].textContent));
  });
}
