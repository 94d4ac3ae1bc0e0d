// 図を、置かれたところの幅に合わせる。plotly の図は、画面に置かれる前に決まった幅で描かれ、窓の大きさが変わったときだけ、幅を測り直す。
export default {
  render({ el }) {
    el.style.width = "100%";
    const fit = () => window.dispatchEvent(new Event("resize"));
    const watch = new ResizeObserver(fit);
    watch.observe(el);
    document.addEventListener("plotlywidget-after-render", fit);
    return () => {
      watch.disconnect();
      document.removeEventListener("plotlywidget-after-render", fit);
    };
  },
};
