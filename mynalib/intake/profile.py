from mynalib.domain.society import FileProfile as FileProfile  # 届くファイルの形
