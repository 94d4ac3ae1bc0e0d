// 図を描き、表を絞りこむ。この道具が無くても、ページは表だけで読み終えられる。
"use strict";
document.documentElement.classList.add("js");
const narrow = window.matchMedia("(max-width: 640px)").matches;
const plain = { displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true };

for (const figure of document.querySelectorAll("figure")) {
  const { data, layout } = JSON.parse(figure.querySelector(".figure-data").textContent);
  if (narrow) {
    const texts = data.some((trace) => trace.mode === "text"); // 右の余白に並ぶ文字
    layout.margin = { ...layout.margin, l: 8, r: texts ? 92 : 8 };
    layout.font = { ...layout.font, size: 12 };
    if (data[0].orientation === "h") {
      const names = data[0].y; // 長い名は折って、棒の場所を残す
      const folded = names.map((name) => name.match(/.{1,11}/gu).join("<br>"));
      layout.yaxis = { ...layout.yaxis, tickvals: names, ticktext: folded, tickfont: { size: 10 } };
      layout.xaxis = { ...layout.xaxis, dtick: 50, tickangle: 0 };
    }
    if (layout.xaxis.type === "category") layout.xaxis.nticks = 4; // 月の名が重ならないように
  }
  window.Plotly.newPlot(figure.querySelector(".chart"), data, layout, plain);
}

// 印刷の幅は、画面の幅と違う
const redraw = () => document.querySelectorAll(".chart.js-plotly-plot").forEach((c) => window.Plotly.Plots.resize(c));
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  redraw();
});
window.addEventListener("afterprint", redraw);

const search = document.querySelector("#search");
if (search) {
  const rows = [...document.querySelectorAll("[data-search]")];
  const count = document.querySelector("#search-count");
  const filter = () => {
    const words = search.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.dataset.search.normalize("NFKC").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} 件`;
  };
  search.addEventListener("input", filter);
  filter();
}
